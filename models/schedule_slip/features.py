"""What is known of a subject's flow at an origin: open scope, throughput, growth, and what became of it since.

Everything is read off sorted day arrays, for all origins of a subject at once: no loop over weeks or items.
"""

from __future__ import annotations

import numpy as np

from models.schedule_slip.events import OPEN, IntArray, Scope

STEP_DAYS = 28  # distance between a subject's origins
WINDOW_WEEKS = 26  # of 13, 26 and 52 weeks the least residual spread of finish days on the real projects (1.57)
FOUNDING_DAYS = 28  # what arrives in a subject's first four weeks is its first scope, not growth
LIFE_WEEKS = 4.0  # weight of the lifetime rate beside the window's, so that a pause does not read as "never"
MOST_ORIGINS = 60


def origins_of(scope: Scope) -> IntArray:
    """The effective date first, then every four weeks back to the first arrival."""
    if not len(scope.created):
        return np.array([scope.effective], dtype=np.int64)
    steps = min((scope.effective - int(scope.created[0])) // STEP_DAYS, MOST_ORIGINS)
    return scope.effective - STEP_DAYS * np.arange(steps + 1, dtype=np.int64)


def flow_features(scope: Scope, origins: IntArray) -> dict[str, np.ndarray]:
    """One row an origin, with only what had happened by then, but for `days` and `is_observed`, its outcome."""
    created, first = scope.created, int(scope.created[0]) if len(scope.created) else scope.effective
    closed = np.sort(scope.closed)
    done = np.sort(scope.closed[~scope.cancelled & (scope.closed < OPEN)])
    arrived = _upto(created, origins)
    open_now = arrived - _upto(closed, origins)
    weeks = np.clip((origins - first + 1) / 7.0, 1.0, WINDOW_WEEKS)
    counts, inside = _weekly(done, origins, weeks)
    life = np.maximum((origins - first + 1) / 7.0, 1.0)
    done_window = counts.sum(axis=1)
    rate = (done_window + LIFE_WEEKS * _upto(done, origins) / life) / (inside.sum(axis=1) + LIFE_WEEKS)
    days, observed = _outcome(scope, origins, arrived)
    ended, end = _end(scope)
    count_days, count_observed = _count_outcome(scope.effective, done, origins, open_now)
    return {
        "origin": origins,
        "open": open_now,
        "weeks": weeks,
        "history_weeks": np.floor(life).astype(np.int64),
        "active_weeks": _active_weeks(done, origins),
        "done_window": done_window,
        "rate": rate,
        "growth": _growth(scope, origins, first),
        "dispersion": _dispersion(counts, inside),
        "age": _open_age(scope, origins),
        "days": days,
        "is_observed": observed,
        "end_days": np.maximum(end, origins) - origins,
        "end_is_observed": np.full(len(origins), ended) & (end > origins),
        "count_days": count_days,
        "count_is_observed": count_observed,
    }


def _upto(ordered: IntArray, days: IntArray) -> IntArray:
    return np.searchsorted(ordered, days, side="right").astype(np.int64)


def _active_weeks(done: IntArray, origins: IntArray) -> IntArray:
    """Calendar weeks (from Monday; 1970-01-01 was a Thursday) with at least one completion so far."""
    weeks, index = np.unique((done + 3) // 7, return_index=True)
    return _upto(done[index], origins) if len(weeks) else np.zeros(len(origins), dtype=np.int64)


def _growth(scope: Scope, origins: IntArray, first: int) -> np.ndarray:
    """Arrivals less cancellations a week, founding weeks left out; shrunk to none while there is little history."""
    since = np.maximum(origins - 7 * WINDOW_WEEKS, first + FOUNDING_DAYS - 1)
    weeks = np.maximum(origins - since, 0) / 7.0
    cancelled = np.sort(scope.closed[scope.cancelled])
    came = _upto(scope.created, origins) - _upto(scope.created, since)
    left = _upto(cancelled, origins) - _upto(cancelled, since)
    net = np.where(weeks > 0, np.maximum(came - left, 0), 0)
    return np.asarray(net / (weeks + LIFE_WEEKS), dtype=np.float64)


def _weekly(done: IntArray, origins: IntArray, weeks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Completions of each of the last weeks, and which weeks the subject had lived through.

    A week of mass closing (365 items once, on a real project) is held to four busy weeks: it is housekeeping, not pace.
    """
    edges = origins[:, None] - 7 * np.arange(WINDOW_WEEKS + 1)[None, :]
    counts = -np.diff(_upto(done, edges.ravel()).reshape(edges.shape), axis=1).astype(np.float64)
    inside = np.arange(WINDOW_WEEKS)[None, :] < np.round(weeks)[:, None]
    return np.asarray(np.minimum(counts * inside, _busy(counts)[:, None])), inside


def _busy(counts: np.ndarray) -> np.ndarray:
    """Four times the median of the weeks with any completion, five at least."""
    ordered = np.sort(counts, axis=1)
    empty = (ordered == 0).sum(axis=1)
    middle = np.minimum((empty + counts.shape[1]) // 2, counts.shape[1] - 1)
    return np.asarray(np.maximum(4.0 * ordered[np.arange(len(ordered)), middle], 5.0))


def _dispersion(counts: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Variance over mean of weekly completions in the window, shrunk to 1.5 with the weight of four weeks."""
    number = np.maximum(inside.sum(axis=1), 1)
    mean = counts.sum(axis=1) / number
    variance = (((counts - mean[:, None]) ** 2) * inside).sum(axis=1) / np.maximum(number - 1, 1)
    raw = np.where(mean > 0, variance / np.maximum(mean, 1e-9), 1.5)
    return np.asarray((raw * number + 1.5 * LIFE_WEEKS) / (number + LIFE_WEEKS), dtype=np.float64)


def _open_age(scope: Scope, origins: IntArray) -> np.ndarray:
    """Mean age in days of what is open, from running sums of arrivals and departures."""
    order = np.argsort(scope.closed, kind="stable")
    came = np.concatenate([[0], np.cumsum(scope.created)])
    left = np.concatenate([[0], np.cumsum(scope.created[order])])
    arrived, gone = _upto(scope.created, origins), _upto(scope.closed[order], origins)
    number = np.maximum(arrived - gone, 1)
    return np.asarray(np.maximum(origins - (came[arrived] - left[gone]) / number, 0.0), dtype=np.float64)


def _outcome(scope: Scope, origins: IntArray, arrived: IntArray) -> tuple[np.ndarray, np.ndarray]:
    """Days until all that was open at the origin had left scope; where some has not, days watched so far (censored)."""
    latest = np.maximum.accumulate(scope.closed) if len(scope.closed) else np.zeros(0, dtype=np.int64)
    last = np.where(arrived > 0, latest[np.maximum(arrived, 1) - 1] if len(latest) else 0, 0)
    observed = last < OPEN
    days = np.where(observed, last - origins, scope.effective - origins)
    return days, observed


def _count_outcome(
    effective: int, done: IntArray, origins: IntArray, open_now: IntArray
) -> tuple[np.ndarray, np.ndarray]:
    """Days until as many items were done as were open, whichever they were: the milder question of flow."""
    target = _upto(done, origins) + open_now - 1
    observed = (target < len(done)) & (open_now > 0)
    reached = done[np.clip(target, 0, len(done) - 1)] if len(done) else np.zeros(len(origins), dtype=np.int64)
    return np.where(observed, reached - origins, effective - origins), observed


def _end(scope: Scope) -> tuple[bool, int]:
    """Whether all is done and has stayed so for four weeks, and since when; else the last day watched."""
    if not len(scope.closed) or scope.open_count:
        return False, scope.effective
    last = int(scope.closed.max())
    return (True, last) if last <= scope.effective - STEP_DAYS else (False, scope.effective)
