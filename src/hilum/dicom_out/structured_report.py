"""The answer for a series as a Structured Report by TID 1500 (PS3.16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from highdicom.sr import (
    AlgorithmIdentification,
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    SourceImageForMeasurementGroup,
    TrackingIdentifier,
)
from pydicom import Dataset
from pydicom.sr.codedict import codes

from hilum.dicom_out.class_codes import class_code, probability_code
from hilum.dicom_out.context import MANUFACTURER, NOTICE, ResultContext, completed
from hilum.dicom_out.result import MappedSlice, SeriesResult

__all__ = ["structured_report"]

SERIES_NUMBER = 9101
MOST_TEXT = 64
"""Characters of a parameter's text that every reader shows."""


def structured_report(result: SeriesResult, context: ResultContext) -> Dataset:
    """Return the report: the class called, the probabilities, the slices, the model as observer.

    The class is a qualitative evaluation, each probability a measurement with unit 1 (UCUM); a
    calibrated one has its method. One group is of the series, and one of each top slice.

    Args:
        result: the answer; its headers hold patient and study.
        context: the run.
    """
    top = [completed(one.header) for one in result.top]
    groups = [_series_group(result, context)]
    for number, one in enumerate(result.top, start=1):
        groups.append(
            _group(
                f"slice {number}", context, [one],
                [_measurement(result.positive, one.probability)], [],
            )
        )  # fmt: skip
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=_observer(context)),
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    written = ComprehensiveSR(
        evidence=_evidence(top, result),
        content=report,
        series_instance_uid=context.new_uid(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=context.new_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
        series_description=f"hilum report. {NOTICE}",
    )
    written.SoftwareVersions = context.version
    written.ContentDate, written.ContentTime = (
        datetime.now().strftime(form) for form in ("%Y%m%d", "%H%M%S")
    )
    return written


def _observer(context: ResultContext) -> ObserverContext:
    return ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=context.run_uid,
            name=context.title,
            manufacturer_name=MANUFACTURER,
            model_name=f"{context.network}, hilum {context.version}",
        ),
    )


def _series_group(
    result: SeriesResult, context: ResultContext
) -> MeasurementsAndQualitativeEvaluations:
    measurements = [_measurement(name, p) for name, p in result.probabilities.items()]
    parameters = [f"Joined: {result.joined}", NOTICE, *result.trust]
    if result.calibrated is not None:
        text = ", ".join(f"{name} {p:.4f}" for name, p in result.calibrated.items())
        parameters.append(f"Calibrated on validation series: {text}")
    evaluation = QualitativeEvaluation(codes.SCT.Classification, class_code(result.predicted))
    return _group("series", context, result.top, measurements, [evaluation], parameters=parameters)


def _group(
    name: str,
    context: ResultContext,
    slices: Sequence[MappedSlice],
    measurements: list[Measurement],
    evaluations: list[QualitativeEvaluation],
    *,
    parameters: list[str] | None = None,
) -> MeasurementsAndQualitativeEvaluations:
    """Return a measurement group about images."""
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=context.new_uid(), identifier=name),
        algorithm_id=AlgorithmIdentification(
            name=context.title, version=context.version, parameters=parameters or [NOTICE],
            family=codes.DCM.ArtificialIntelligence,
        ),
        measurements=measurements,
        qualitative_evaluations=evaluations or None,
        source_images=[_reference(one) for one in slices],
    )  # fmt: skip


def _measurement(name: str, probability: float) -> Measurement:
    return Measurement(
        name=probability_code(name), value=round(probability, 6), unit=codes.UCUM.NoUnits
    )


def _reference(one: MappedSlice) -> SourceImageForMeasurementGroup:
    frames = [one.frame] if one.frame else None
    header = one.header
    return SourceImageForMeasurementGroup(header.SOPClassUID, header.SOPInstanceUID, frames)


def _evidence(top: list[Dataset], result: SeriesResult) -> list[Dataset]:
    """Return the headers of the top slices, then those of the other slices that were predicted."""
    return _once([*top, *map(completed, result.slices)])


def _once(headers: list[Dataset]) -> list[Dataset]:
    """Return the first header of each instance."""
    first: dict[str, Dataset] = {}
    for header in headers:
        first.setdefault(str(header.SOPInstanceUID), header)
    return list(first.values())
