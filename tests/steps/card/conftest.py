"""What a card is made of: the facts of one made-up run."""

from __future__ import annotations

import pytest
from made_runs import made_run, made_table

from hilum.steps.card.facts import CardFacts, read_card_facts


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> CardFacts:
    """The facts of a run; not to be changed."""
    return read_card_facts(made_run(tmp_path_factory.mktemp("facts") / "run", made_table()))
