{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}

with
    {% if is_incremental() %}
        touched as (
            {{ changed_issues(mark, {"fct_issue_field_history": "recorded_at"}) }}
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
        select
            entry.*,
            split_part(entry.issue_id, ':', 1) || ':' || entry.to_id as status_id,
            coalesce(lower(issue.issue_type), '') as issue_type_name
        from
            -- within, so that the few are found before they are joined
            (
                select *
                from {{ ref("fct_issue_field_history") }}
                where field_id = 'status' and {{ only_touched() }}
            ) as entry
        left join
            {{ ref("int_delivery__issue_current") }} as issue
            on issue.issue_id = entry.issue_id
    ),
    -- What the register says, worked out once for each status, project and type: of the
    -- rows in force the most specific one, until another comes in force.
    fitting as (
        select
            place.*,
            mapping.valid_at,
            mapping.status_mapping_id,
            mapping.status_category,
            mapping.work_state,
            mapping.specificity
        from
            (
                select distinct status_id, project_id, issue_type_name from history
            ) as place
        inner join
            {{ ref("int_delivery__status_mapping") }} as mapping
            on mapping.status_id = place.status_id
            and coalesce(mapping.project_id, place.project_id) = place.project_id
            and coalesce(mapping.issue_type_name, place.issue_type_name)
            = place.issue_type_name
        where not mapping.is_deleted
    ),
    won as (
        select
            turn.status_id,
            turn.project_id,
            turn.issue_type_name,
            turn.valid_at,
            arg_max(
                {
                    'status_mapping_id':fitting.status_mapping_id,
                    'status_category':fitting.status_category,
                    'work_state':fitting.work_state
                },
                row(fitting.specificity, fitting.valid_at, fitting.status_mapping_id)
            ) as word
        from
            (
                select distinct status_id, project_id, issue_type_name, valid_at
                from fitting as known
            ) as turn
        inner join fitting using (status_id, project_id, issue_type_name)
        where fitting.valid_at <= turn.valid_at
        group by all
    ),
    meaning as (
        select
            *,
            lead(valid_at, 1, timestamp '9999-12-31') over (
                partition by status_id, project_id, issue_type_name order by valid_at
            ) as ends_at
        from won
    ),
    classed as (
        select
            history.*,
            meaning.word.status_mapping_id as status_mapping_id,
            coalesce(status.status, history.to_value) as status,
            coalesce(
                meaning.word.status_category,
                status.status_category,
                -- a status that the site has deleted: work starts in it or has begun
                if(is_initial, 'to_do', 'in_progress')
            ) as status_category,
            meaning.word.work_state as work_state
        from history
        left join
            meaning
            on meaning.status_id = history.status_id
            and meaning.project_id = history.project_id
            and meaning.issue_type_name = history.issue_type_name
            and history.valid_from >= meaning.valid_at
            and history.valid_from < meaning.ends_at
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
