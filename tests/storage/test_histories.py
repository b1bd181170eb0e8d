"""What support reads: spans of time, and counts of a day."""

from storage.histories import merged


def test_spans_that_overlap_are_read_once() -> None:
    assert merged([(50, 60), (1, 5), (4, 9), (9, 12)]) == [(1, 12), (50, 60)]
    assert merged([]) == []
