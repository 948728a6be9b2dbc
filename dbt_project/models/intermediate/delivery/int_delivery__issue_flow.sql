{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}

-- How long an issue was where, over the stays that have ended; of the stay that lasts,
-- only when it began. So nothing here changes because time goes by.
with
    {% if is_incremental() %}
        touched as (
            select issue_id from {{ ref("dim_issue") }} where {{ rewritten(mark) }}
        ),
    {% endif %}
    issue as (select * from {{ ref("dim_issue") }} where {{ only_touched() }}),
    stay as (
        select
            issue_id,
            status_category,
            work_state,
            valid_from,
            valid_to,
            date_diff('second', valid_from, valid_to) as seconds
        from {{ ref("fct_issue_status_interval") }}
        where {{ only_touched() }}
    ),
    impeded as (
        select
            stay.issue_id,
            stay.work_state,
            greatest(stay.valid_from, flag.valid_from) as begins_at,
            -- the least of two ends, where what has none lasts
            if(
                stay.valid_to is null and flag.valid_to is null,
                null,
                least(stay.valid_to, flag.valid_to)
            ) as ends_at
        from stay
        inner join
            {{ ref("int_delivery__issue_flag") }} as flag
            on flag.issue_id = stay.issue_id
            and flag.valid_from < coalesce(stay.valid_to, timestamp '9999-12-31')
            and coalesce(flag.valid_to, timestamp '9999-12-31') > stay.valid_from
        where stay.work_state in ('active', 'waiting')
    ),
    -- by whom it was done, or who holds it
    holder as (
        select issue_id, assignee_id, team_label
        from {{ ref("int_delivery__flow_step") }}
        where until_on is null and {{ only_touched() }}
    ),
    flagged as (
        select
            issue_id,
            sum(date_diff('second', begins_at, ends_at)) as seconds,
            sum(date_diff('second', begins_at, ends_at)) filter (
                where work_state = 'active'
            ) as active_seconds,
            max(begins_at) filter (where ends_at is null) as flagged_from
        from impeded
        group by issue_id
    ),
    spent as (
        select
            stay.issue_id,
            sum(seconds) filter (where stay.status_category = 'to_do') as to_do,
            sum(seconds) filter (
                where stay.status_category = 'in_progress'
            ) as in_progress,
            sum(seconds) filter (
                where
                    stay.status_category = 'done'
                    and valid_from < coalesce(issue.done_at, timestamp '9999-12-31')
            ) as done,
            sum(seconds) filter (where work_state = 'active') as active,
            sum(seconds) filter (where work_state = 'blocked') as blocked,
            max(valid_from) filter (where valid_to is null) as open_from,
            max(work_state) filter (where valid_to is null) as open_work_state
        from stay
        inner join issue using (issue_id)
        group by stay.issue_id
    )
select
    issue.issue_id,
    issue.project_id,
    issue.issue_type,
    issue.is_leaf and not issue.is_deleted as is_in_scope,
    holder.assignee_id,
    holder.team_label,
    issue.status_category,
    issue.is_cancelled,
    issue.created_at,
    issue.started_at,
    issue.done_at,
    {{ local_day("issue.created_at") }} as created_on,
    {{ local_day("issue.started_at") }} as started_on,
    {{ local_day("issue.done_at") }} as done_on,
    date_diff('second', issue.created_at, issue.done_at) as lead_seconds,
    date_diff('second', issue.started_at, issue.done_at) as cycle_seconds,
    {% for category in ["to_do", "in_progress", "done"] -%}
        coalesce(spent.{{ category }}, 0)::bigint as {{ category }}_seconds,
    {% endfor -%}
    (coalesce(spent.active, 0) - coalesce(flagged.active_seconds, 0))::bigint
    as active_seconds,
    (coalesce(spent.blocked, 0) + coalesce(flagged.seconds, 0))::bigint
    as blocked_seconds,
    spent.open_from,
    spent.open_work_state,
    flagged.flagged_from,
    issue.recorded_at,
    issue.known_from,
    {{ tide([ref("dim_issue")]) }} as _commit_seq,
    {{ as_of() }} as _as_of
from issue
inner join spent using (issue_id)
left join flagged using (issue_id)
left join holder using (issue_id)
