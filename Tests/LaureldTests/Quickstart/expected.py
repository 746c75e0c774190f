#!/usr/bin/env python3
"""Computes from nba-war.csv what Laurel must answer, in the plainest way.

Adds in the order of the rows, as the loader sends them: sums of doubles depend on it. Of equal scores the one that was
there first stands first. Prints JSON: for each ranking its name and all of its entries, best first.
"""

import csv
import json
import sys


def ranking(name, entries):
    """Entries are user -> (score, row of the last change)."""
    order = sorted(entries, key=lambda user: (-entries[user][0], entries[user][1]))
    return {"name": name, "entries": [{"user": user, "score": entries[user][0]} for user in order]}


def main(path):
    career, best, seasons = {}, {}, {}
    with open(path, newline="") as file:
        for row, line in enumerate(csv.DictReader(file)):
            user, war = line["player_id"], float(line["war"])
            before = career.get(user)
            if before is None:
                career[user] = (war, row)
            elif before[0] + war != before[0]:
                career[user] = (before[0] + war, row)
            for entries in (best, seasons.setdefault(line["season"], {})):
                if user not in entries or war > entries[user][0]:
                    entries[user] = (war, row)
    rankings = [ranking("career", career), ranking("best-season", best), ranking("by-season", best)]
    rankings += [ranking(season, entries) for season, entries in seasons.items()]
    json.dump(rankings, sys.stdout)


main(sys.argv[1])
