{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}

with
    {% if is_incremental() %}
        touched as (
            select issue_id
            from {{ ref("fct_issue_field_history") }}
            where
                _commit_seq > {{ mark["commit_seq"] }}
                or recorded_at > timestamp '{{ mark["as_of"] }}'
            union
            select issue_id
            from {{ this }}
            where
                status_id in (
                    select status_id
                    from {{ ref("stg_jira__status") }}
                    where _commit_seq > {{ mark["commit_seq"] }}
                )
        ),
    {% endif %}
    history as (
        select *, split_part(issue_id, ':', 1) || ':' || to_id as status_id
        from {{ ref("fct_issue_field_history") }}
        where field_id = 'status' and {{ only_touched() }}
    ),
    classed as (
        select
            history.*,
            coalesce(status.status, history.to_value) as status,
            -- a status that the site has deleted: work starts in it or has begun
            coalesce(
                status.status_category, if(is_initial, 'to_do', 'in_progress')
            ) as status_category
        from history
        left join {{ ref("stg_jira__status") }} as status using (status_id)
    )
select
    change_id as interval_id,
    issue_id,
    project_id,
    status_id,
    status,
    status_category,
    valid_from,
    valid_to,
    cast(
        date_diff('second', valid_from, valid_to) / 3600.0 as decimal(12, 2)
    ) as duration_hours,
    recorded_at,
    known_from,
    cast(row_number() over steps as integer) as _position,
    lag(status_category, 1, 'none') over steps as _previous_category,
    {{ tide([ref("fct_issue_field_history"), ref("stg_jira__status")]) }}
    as _commit_seq,
    {{ as_of() }} as _as_of
from classed
window
    steps as (
        partition by issue_id
        order by valid_from, not is_initial, _history_number, _item_index, interval_id
    )
