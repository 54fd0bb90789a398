"""Write model-card.json and model-card.html of a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hilum.errors import RunError
from hilum.report.card.page import render_card
from hilum.run import Run, as_run, write_json
from hilum.run.environment import version
from hilum.steps.card.checklist import checklist
from hilum.steps.card.data_answers import data_answers
from hilum.steps.card.facts import CardFacts, read_card_facts
from hilum.steps.card.model_answers import model_answers
from hilum.steps.card.result_answers import result_answers
from hilum.steps.card.sections import details, info, summary
from hilum.storage.atomic import write_text

__all__ = ["card_content", "write_card"]


def write_card(run: Run | Path | str) -> Path:
    """Write model-card.json and model-card.html into a run folder, replacing older ones.

    The card says what the run is, what it may be used for, on which data and terms it rests, what
    it reached and where its limits are; its sections are those of MHub's meta.json. A checklist
    after CLAIM 2024 and TRIPOD+AI says of each item what the run knows and what a person must say.
    Nothing is computed.

    Args:
        run: a finished, evaluated run or its folder.

    Returns:
        the path of model-card.html.

    Raises:
        RunError: the run is not evaluated, or a file of it is broken or of another version.
        TableError: slices.csv is not a table.
        StorageError: the disk refused.
    """
    run = as_run(run)
    facts = read_card_facts(run)
    try:
        content = card_content(facts)
    except (KeyError, TypeError, IndexError, AttributeError, StopIteration) as error:
        raise RunError(
            f"{run.folder} holds results that a card can't be made of ({error!r} is missing); run "
            f"`hilum evaluate {run.folder}` again."
        ) from None
    page = render_card(content)
    write_json(content, run.card_file.with_suffix(".json"))
    write_text(run.card_file, page)
    return run.card_file


def card_content(facts: CardFacts) -> dict[str, Any]:
    """Return the content of model-card.json."""
    answers = data_answers(facts) | model_answers(facts) | result_answers(facts)
    names = "_".join(facts.network.class_names)
    return {
        "id": "",
        "name": re.sub(r"\W+", "_", f"hilum_{facts.network.title}_{names}").lower(),
        "title": f"{facts.network.title}: {facts.task}",
        "summary": summary(facts),
        "details": details(facts),
        "info": info(facts, answers),
        "hilum": version(),
        "trust": facts.trust.as_json(),
        "checklist": checklist(answers),
    }
