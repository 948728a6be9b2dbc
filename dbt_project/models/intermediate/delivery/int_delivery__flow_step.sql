{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="issue_id",
        post_hook="delete from {{ this }} where step_id is null",
    )
}}
{% set mark = watermark() if is_incremental() else {} %}

-- Who went from where to where on which day: the plus and minus ones that counts of
-- work are summed up from. The last way into done is the one that stands.
-- Until it is done, a change of who holds the work is a step as well.
with
    {% if is_incremental() %}
        touched as (
            select issue_id from {{ ref("dim_issue") }} where {{ rewritten(mark) }}
        ),
    {% endif %}
    issue as (
        select issue_id, site_id, project_id, issue_type, status_category, is_cancelled
        from {{ ref("dim_issue") }}
        where is_leaf and not is_deleted and {{ only_touched() }}
    ),
    team_field as (
        select site_id, unnest(team_field_ids) as field_id
        from {{ ref("int_delivery__field_role") }}
    ),
    moved as (
        select
            step.interval_id as step_id,
            step.issue_id,
            step._previous_category as from_state,
            step.status_category as to_state,
            step.valid_from,
            step.recorded_at,
            step.known_from,
            1 as _kind,
            step._position as _place,
            to_state = 'in_progress' and row_number() over ways = 1 as is_first_start,
            issue.status_category = 'done'
            and to_state = 'done'
            and lead(step._position) over ways is null as is_last
        from {{ ref("fct_issue_status_interval") }} as step
        inner join issue using (issue_id)
        where step.status_category <> step._previous_category
        window ways as (partition by issue_id, step.status_category order by _position)
    ),
    handed as (
        select
            entry.change_id as step_id,
            entry.issue_id,
            -- empty where somebody or something is taken away, null where it is not
            -- spoken of
            if(entry.field_id = 'assignee', coalesce(entry.to_id, ''), null) as holder,
            if(
                entry.field_id = 'assignee', null, coalesce(lower(entry.to_value), '')
            ) as label,
            entry.valid_from,
            entry.recorded_at,
            entry.known_from,
            0 as _kind,
            coalesce(entry._history_number, 0) as _place,
            entry._item_index
        from {{ ref("fct_issue_field_history") }} as entry
        inner join issue using (issue_id)
        left join
            team_field
            on team_field.site_id = issue.site_id
            and team_field.field_id = entry.field_id
        where
            (
                entry.field_id = 'assignee'
                or entry.field_id in (select own.field_id from team_field as own)
            )
            and (entry.field_id = 'assignee' or team_field.field_id is not null)
            and {{ only_touched("entry.issue_id") }}
    ),
    followed as (
        select
            * exclude (holder, label),
            last_value(to_state ignore nulls) over so_far as state,
            nullif(last_value(holder ignore nulls) over so_far, '') as holder,
            nullif(last_value(label ignore nulls) over so_far, '') as team_label
        from
            (
                select *
                from moved
                union all by name
                select *
                from handed
            )
        window
            so_far as (
                partition by issue_id
                order by valid_from, _kind, _place, _item_index, step_id
                rows between unbounded preceding and current row
            )
    ),
    step as (
        select
            *,
            lead(valid_from) over onward as until_at,
            lead(recorded_at) over onward as until_recorded_at,
            lead(known_from) over onward as until_known_from
        from followed
        where _kind = 1 or state <> 'done'
        window
            onward as (
                partition by issue_id
                order by valid_from, _kind, _place, _item_index, step_id
            )
    )
select
    step.step_id,
    step.issue_id,
    issue.project_id,
    issue.issue_type,
    issue.site_id || ':' || step.holder as assignee_id,
    step.team_label,
    {{ local_day("step.valid_from") }} as flow_on,
    {{ local_day("step.until_at") }} as until_on,
    coalesce(step.from_state, step.state) as from_state,
    if(step.is_last and issue.is_cancelled, 'cancelled', step.state) as to_state,
    coalesce(step.is_first_start, false) as is_first_start,
    coalesce(step.is_last and not issue.is_cancelled, false) as is_completion,
    step.recorded_at,
    step.known_from,
    step.until_recorded_at,
    step.until_known_from,
    {{ tide([ref("dim_issue")]) }} as _commit_seq,
    {{ as_of() }} as _as_of
from step
inner join issue using (issue_id)
{% if is_incremental() %}
    union all by name
    -- what is no scope any more takes its old rows along
    select touched.issue_id
    from touched
    where touched.issue_id not in (select issue.issue_id from issue)
{% endif %}
