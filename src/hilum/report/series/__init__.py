"""The page of a series: its answer, the strip of its slices, the top slices with maps."""

from hilum.report.series.page import SeriesPage, TopPicture, write_series_page

__all__ = ["SeriesPage", "TopPicture", "write_series_page"]
