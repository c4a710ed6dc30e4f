"""Task classes: fetch, then parse, with structured logs, spans and the job cache.

The service is a table in this file.
"""

import json
from collections import Counter

from fairlead import Client, ExecutionContext, InMemoryCache, Task

ARTICLES = [
    ("2024-02-15", "Jeff Foster", "Agency selects a lander for the far side of the moon"),
    ("2024-02-15", "Mara Lind", "Small rocket reaches orbit"),
    ("2024-02-14", "Mara Lind", "A telescope sees its first comet"),
    ("2024-02-13", "Ngo", "Weather"),
    ("2024-02-12", "Mara Lind", "Three satellites, one launch"),
    ("2024-02-11", "Jeff Foster", "Astronauts return"),
]


class FetchNews(Task):
    """Puts the newest articles into the job's cache."""

    max_articles: int

    def execute(self, context: ExecutionContext) -> None:
        with context.tracer.span("fetch-news") as span:
            articles = ARTICLES[: self.max_articles]
            span.set_attribute("articles", len(articles))
        context.job_cache["news"] = json.dumps(articles).encode()


class PrintHeadlines(Task):
    """Logs a line for each article."""

    def execute(self, context: ExecutionContext) -> None:
        for published_at, _, title in json.loads(context.job_cache["news"]):
            context.logger.info("News headline", published_at=published_at, title=title)


class MostFrequentAuthors(Task):
    """Logs who wrote how many."""

    def execute(self, context: ExecutionContext) -> dict[str, int]:
        counts = Counter(author for _, author, _ in json.loads(context.job_cache["news"]))
        for author, count in counts.most_common():
            context.logger.info("Author article count", author=author, count=count)
        # Any word can be a field's name.
        context.logger.info("Done", message="all counted", event="", level=1)
        return dict(counts)


class NewsWorkflow(Task):
    """Fetches once; what prints and what counts are independent of each other."""

    max_articles: int

    def execute(self, context: ExecutionContext) -> None:
        fetch = context.submit_subtask(FetchNews(self.max_articles))
        context.submit_subtask(PrintHeadlines(), depends_on=[fetch])
        context.submit_subtask(MostFrequentAuthors(), depends_on=[fetch])


class ReadTooEarly(Task):
    """Shows what a missing key is."""

    def execute(self, context: ExecutionContext) -> str:
        try:
            return context.job_cache["news"].decode()
        except KeyError as error:
            return f"KeyError: {error}"


if __name__ == "__main__":
    client = Client()
    jobs = client.jobs()
    tasks = [NewsWorkflow, FetchNews, PrintHeadlines, MostFrequentAuthors, ReadTooEarly]
    job = jobs.submit("news", NewsWorkflow(5))
    client.runner(tasks=tasks, cache=InMemoryCache()).run_all()
    print(job.state.value, "with", len(job.tasks()), "tasks")

    # Logs and spans are kept with the job.
    for record in jobs.logs(job):
        if record.message == "span":
            print("span", record.fields["span"], "with", record.fields["articles"], "articles")
    print(sum(record.message == "News headline" for record in jobs.logs(job)), "headlines")

    print(jobs.submit("too early", ReadTooEarly()).result)
