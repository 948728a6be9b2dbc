{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}

with
    {% if is_incremental() %}
        touched as (
            select issue_id
            from {{ ref("fct_issue_field_history") }}
            where _commit_seq > {{ mark["commit_seq"] }} or recorded_at > timestamp '{{ mark["as_of"] }}'
            union
            select issue_id
            from {{ this }}
            where
                status_id
                in (select status_id from {{ ref("stg_jira__status") }} where _commit_seq > {{ mark["commit_seq"] }})
        ),
    {% endif %}
    history as (
        select *, split_part(issue_id, ':', 1) || ':' || to_id as status_id
        from {{ ref("fct_issue_field_history") }}
        where field_id = 'status' and {{ only_touched() }}
    )
select
    change_id as interval_id,
    issue_id,
    project_id,
    status_id,
    coalesce(status.status, history.to_value) as status,
    -- a status that the site has deleted: work starts in it or has begun
    coalesce(status.status_category, if(is_initial, 'to_do', 'in_progress')) as status_category,
    valid_from,
    valid_to,
    cast(date_diff('second', valid_from, valid_to) / 3600.0 as decimal(12, 2)) as duration_hours,
    history.recorded_at,
    history.known_from,
    row_number() over (
        partition by issue_id order by valid_from, not is_initial, _history_number, _item_index, change_id
    )::integer as _position,
    {{ tide([ref("fct_issue_field_history"), ref("stg_jira__status")]) }} as _commit_seq,
    {{ as_of() }} as _as_of
from history
left join {{ ref("stg_jira__status") }} as status using (status_id)
