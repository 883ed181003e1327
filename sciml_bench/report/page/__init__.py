"""A leaderboard as one page: a single file that works offline, without scripts, on paper and on a phone."""

from sciml_bench.report.page.page import page_html

__all__ = ["page_html"]
