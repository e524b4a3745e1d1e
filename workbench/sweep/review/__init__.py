"""What came of a sweep: an overview, failures, means with intervals, charts, and all of it as one page."""
