"""Workflow style: one task function, many instances of it, joined into workflows.

There is no ``__main__`` guard: a worker that imports this program stops at the first
call that would start work.
"""

from fairlead import DuplicateTaskError
from fairlead.workflow import task, workflow

TEMPERATURES = {"Tokyo": 18, "Paris": 11, "London": 9}


@task
def fetch_weather(city: str) -> str:
    return f"Weather for {city}"


@task
def process(value: int) -> int:
    return value * 2


@task
def warmest(cities: list[str]) -> str:
    return max(cities, key=TEMPERATURES.__getitem__)


# Calling a task function binds its arguments and runs nothing.
with workflow("weather") as wf:
    tokyo = fetch_weather(task_id="tokyo", city="Tokyo")
    paris = fetch_weather(task_id="paris", city="Paris")
    london = fetch_weather(task_id="london", city="London")
    tokyo >> paris >> london
    print("returned:", repr(wf.execute()))  # each value is printed as its task completes

print("results:", dict(wf.results))

# Without a task_id, the key is the function's name and eight random digits.
with workflow("auto_ids") as wf:
    first, second, third = process(value=10), process(value=20), process(value=30)
    first >> second >> third
    print("returned:", wf.execute(echo=False))
    print("keys:", *(step.task_id for step in (first, second, third)))

# Instances may be built before the block, and used inside.
oslo = fetch_weather(task_id="oslo", city="Oslo")
rome = fetch_weather(task_id="rome", city="Rome")
with workflow("built before") as wf:
    oslo >> rome
    wf.execute()

# Within one workflow a key is unique; in another it may come again.
with workflow("twice inside") as wf:
    fetch_weather(task_id="fetch", city="Tokyo")
    try:
        fetch_weather(task_id="fetch", city="Paris")
    except DuplicateTaskError as error:
        print("error:", error)

fetch = fetch_weather(task_id="fetch", city="Tokyo")
again = fetch_weather(task_id="fetch", city="Paris")
try:
    fetch >> again
except DuplicateTaskError as error:
    print("error:", error)

with workflow("twice before") as wf:
    try:
        oslo >> fetch
        oslo >> again
    except DuplicateTaskError as error:
        print("error:", error)

with workflow("a literal") as wf:
    warmest(cities=["Paris", "Tokyo", "London"])
    wf.execute()

# One instance alone, run at once.
print("alone:", fetch_weather(city="Lima").run())
