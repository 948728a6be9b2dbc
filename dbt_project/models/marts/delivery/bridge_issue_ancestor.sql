{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}

-- Climbs from every issue to whatever stands above it, a level at a time, and stops
-- where it would come back to an issue that it has passed.
with recursive
    {% if is_incremental() %}
        changed as (
            select issue_id
            from {{ ref("dim_issue") }}
            where
                _commit_seq > {{ mark["commit_seq"] }}
                or _as_of > timestamp '{{ mark["as_of"] }}'
        ),
        moved as (
            select issue_id
            from changed
            union
            select issue_id
            from {{ ref("dim_issue") }}
            where parent_issue_id in (select issue_id from changed)
        ),
        -- all that stood below, too: what is above it is above them
        touched as (
            select issue_id
            from moved
            union
            select issue_id
            from {{ this }}
            where ancestor_issue_id in (select issue_id from moved)
        ),
    {% endif %}
    climb as (
        select
            issue_id,
            project_id,
            recorded_at,
            known_from,
            issue_id as ancestor_issue_id,
            0 as distance,
            [issue_id] as passed,
            parent_issue_id as next_issue_id
        from {{ ref("dim_issue") }}
        where {{ only_touched() }}
        union all
        select
            climb.issue_id,
            climb.project_id,
            climb.recorded_at,
            climb.known_from,
            above.issue_id as ancestor_issue_id,
            climb.distance + 1,
            list_append(climb.passed, above.issue_id),
            above.parent_issue_id
        from climb
        inner join
            {{ ref("dim_issue") }} as above on above.issue_id = climb.next_issue_id
        where not list_contains(climb.passed, climb.next_issue_id)
    )
select
    issue_id,
    ancestor_issue_id,
    distance,
    project_id,
    coalesce(next_issue_id = issue_id, false) as is_circular,
    recorded_at,
    known_from,
    {{ tide([ref("dim_issue")]) }} as _commit_seq,
    {{ as_of() }} as _as_of
from climb
