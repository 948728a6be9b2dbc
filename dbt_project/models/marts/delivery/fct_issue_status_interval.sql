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
                    union all
                    select status_id
                    from {{ ref("int_delivery__status_mapping") }}
                    where
                        _commit_seq > {{ mark["commit_seq"] }}
                        or _moved_at > timestamp '{{ mark["as_of"] }}'
                )
        ),
    {% endif %}
    history as (
        select *, split_part(issue_id, ':', 1) || ':' || to_id as status_id
        from {{ ref("fct_issue_field_history") }}
        where field_id = 'status' and {{ only_touched() }}
    ),
    -- what the site's register says, where it speaks of the status at all: the most
    -- specific row in force when the stay began
    mapped as (
        select
            history.change_id,
            arg_max(
                {
                    'status_mapping_id':mapping.status_mapping_id,
                    'status_category':mapping.status_category,
                    'work_state':mapping.work_state
                },
                row(mapping.specificity, mapping.valid_at, mapping.status_mapping_id)
            ) as meaning
        from history
        inner join
            {{ ref("int_delivery__status_mapping") }} as mapping
            on mapping.status_id = history.status_id
            and mapping.valid_at <= history.valid_from
            and coalesce(mapping.project_id, history.project_id) = history.project_id
        inner join
            {{ ref("int_delivery__issue_current") }} as issue
            on issue.issue_id = history.issue_id
        where
            not mapping.is_deleted
            and coalesce(mapping.issue_type_name, lower(issue.issue_type))
            = lower(issue.issue_type)
        group by history.change_id
    ),
    classed as (
        select
            history.*,
            mapped.meaning.status_mapping_id as status_mapping_id,
            coalesce(status.status, history.to_value) as status,
            coalesce(
                mapped.meaning.status_category,
                status.status_category,
                -- a status that the site has deleted: work starts in it or has begun
                if(is_initial, 'to_do', 'in_progress')
            ) as status_category,
            mapped.meaning.work_state as work_state
        from history
        left join mapped on mapped.change_id = history.change_id
        left join
            {{ ref("stg_jira__status") }} as status
            on status.status_id = history.status_id
    )
select
    change_id as interval_id,
    issue_id,
    project_id,
    status_id,
    classed.status,
    status_category,
    if(
        status_category = 'in_progress',
        coalesce(classed.work_state, still.work_state, 'active'),
        null
    ) as work_state,
    status_mapping_id,
    valid_from,
    valid_to,
    cast(
        date_diff('second', valid_from, valid_to) / 3600.0 as decimal(12, 2)
    ) as duration_hours,
    recorded_at,
    known_from,
    cast(row_number() over steps as integer) as _position,
    lag(status_category, 1, 'none') over steps as _previous_category,
    {{ tide([ref("fct_issue_field_history"), ref("stg_jira__status"), ref("int_delivery__status_mapping")]) }}
    as _commit_seq,
    {{ as_of() }} as _as_of
from classed
left join
    {{ ref("work_state_default") }} as still on still.status = lower(classed.status)
window
    steps as (
        partition by issue_id
        order by valid_from, not is_initial, _history_number, _item_index, interval_id
    )
