"""Reads a run folder's results with nothing but Python's own library: the learning curve and the summary.

    python3 read_results.py runs/hh
"""
import json
import pathlib
import sys

run = pathlib.Path(sys.argv[1])
config = json.loads((run / "config.json").read_text())["config"]
rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]

print(f"{config['preset']}, seed {config['seed']}, {config['environment']['id']}")
for row in rows:
    if "evaluationReturn" in row:
        print(f"  step {row['step']:>8}  return {row['evaluationReturn']:.1f}")
summary = run / "summary.json"
if summary.exists():
    facts = json.loads(summary.read_text())
    print(f"best {facts['bestReturn']}, solved at step {facts['solvedAtStep']}, {facts['wallSeconds']:.0f} s")
