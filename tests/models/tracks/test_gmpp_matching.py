"""Recognising a project from year to year by what the two rows say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.tracks.gmpp.matching import previous_rows, roots, words


def linked(*rows: tuple[str, str | None, int]) -> list[int]:
    names, starts, years = zip(*rows, strict=True)
    return previous_rows(names, pd.to_datetime(pd.Series(starts)), np.array(years, dtype=np.int64)).tolist()


def test_fillers_asides_and_separators_do_not_tell_projects_apart() -> None:
    assert words("100,000 Genomes Project") == words("100000 Genomes Programme") == ("100000", "genomes")
    assert words("Common Platform (CP)") == words("The Common Platform ")


def test_a_respelled_name_with_the_same_start_is_the_same_project() -> None:
    assert linked(
        ("CSC LSP Delivery Programme", "2003-06-23", 2015),
        ("CSC Local Service Provider (LSP) Delivery Programme", "2003-06-23", 2016),
        ("A303 Amesbury to Berwick Down", "2014-12-01", 2017),
        ("A303 Stonehenge Amesbury to Berwick Down", "2014-12-01", 2018),
    ) == [-1, 0, -1, 2]


def test_like_names_with_other_starts_are_other_projects() -> None:
    assert linked(("Echo", "2009-06-09", 2014), ("Echo 2 Programme", "2015-09-01", 2015)) == [-1, -1]
    assert linked(("Estates Programme", None, 2014), ("Court Estates Reform", None, 2015)) == [-1, -1]


def test_an_abbreviation_names_another_project_not_its_own() -> None:
    full, start = "Carrier Enabled Power Projection", "2011-01-31"
    assert linked((full, start, 2014), ("CEPP", start, 2015)) == [-1, 0]
    assert linked(("Prison Unit Cost Programme (PUC)", start, 2014), ("East West Rail", start, 2015)) == [-1, -1]


def test_two_rows_of_one_name_are_linked_to_nobody() -> None:
    assert linked(("Estates", None, 2014), ("Estates", None, 2014), ("Estates Programme", None, 2015)) == [-1, -1, -1]


def test_a_later_year_does_not_change_who_a_project_was() -> None:
    early = [("CEPP", "2011-01-31", 2015), ("Carrier Enabled Power Projection", "2011-01-31", 2016)]
    assert linked(*early) == linked(*early, ("Carrier Enabled Power Projection CEPP", "2011-01-31", 2017))[:2]


def test_a_projects_number_is_its_first_row() -> None:
    previous, years = np.array([-1, 0, -1, 1]), np.array([2014, 2015, 2015, 2016])
    assert roots(previous, years).tolist() == [0, 0, 2, 0]
