{{ config(materialized="view", post_hook="{{ travelling_issues(ref('fct_issue_field_history'), this) }}") }}

-- Every time that an issue was gone: from its tombstone until it was seen again.
-- depends_on: {{ ref("fct_issue_field_history") }}
with
    seen as (
        select issue_id, is_deleted, recorded_at, known_from, _sync_id
        from {{ ref("stg_jira__issue") }}
        where
            issue_id
            in (select issue_id from {{ ref("stg_jira__issue") }} where is_deleted)
            and recorded_at <= {{ as_of() }}
    ),
    turn as (
        select *
        from seen
        window
            observed as (
                partition by issue_id order by known_from, _sync_id, is_deleted
            )
        qualify is_deleted is distinct from lag(is_deleted, 1, false) over observed
    )
select
    issue_id || ':' || strftime(known_from, '%Y%m%dT%H%M%S%f') as absence_id,
    issue_id,
    recorded_at as gone_at,
    -- no source tells when an issue came back: it is back when we see it
    lead(known_from) over (
        partition by issue_id order by known_from, _sync_id, is_deleted
    ) as returned_at,
    recorded_at,
    known_from
from turn
qualify is_deleted
