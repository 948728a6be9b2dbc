{{ config(materialized="view") }}
-- A view, as what is open grows older by itself: stored is only what has ended.
with
    moment as (
        select
            flow.*,
            coalesce(named.team_id, held.team_id, 'none') as team_id,
            flow.status_category <> 'done' as is_open,
            greatest(
                flow.open_from, least({{ as_of() }}, project.source_watermark_at)
            ) as seen_at,
            project.effective_on,
            if(is_open, date_diff('second', flow.open_from, seen_at), 0) as lasting,
            if(
                is_open and flow.flagged_from is not null,
                date_diff('second', least(flow.flagged_from, seen_at), seen_at),
                0
            ) as flagged
        from {{ ref("int_delivery__issue_flow") }} as flow
        inner join {{ ref("dim_project") }} as project using (project_id)
        left join
            {{ ref("int_resource__team_holder") }} as named
            on named.holder_id = 'team ' || flow.team_label
        left join
            {{ ref("int_resource__team_holder") }} as held
            on held.holder_id = flow.assignee_id
            and held.starts_on <= coalesce(flow.done_on, project.effective_on)
            and held.ends_on > coalesce(flow.done_on, project.effective_on)
        where flow.is_in_scope
    ),
    summed as (
        select
            *,
            if(is_open, date_diff('second', started_at, seen_at), null) as age_seconds,
            active_seconds
            + if(open_work_state = 'active', lasting - flagged, 0) as active,
            blocked_seconds
            + if(open_work_state = 'blocked', lasting, flagged) as blocked,
            coalesce(cycle_seconds, age_seconds) as in_process
        from moment
    )
select
    issue_id,
    project_id,
    issue_type,
    team_id,
    status_category,
    is_cancelled,
    created_at,
    started_at,
    done_at,
    lead_seconds,
    cycle_seconds,
    age_seconds,
    (done_on - created_on + 1)::integer as lead_days,
    (done_on - started_on + 1)::integer as cycle_days,
    if(is_open, effective_on - started_on + 1, null)::integer as age_days,
    to_do_seconds + if(status_category = 'to_do', lasting, 0) as to_do_seconds,
    in_progress_seconds
    + if(status_category = 'in_progress', lasting, 0) as in_progress_seconds,
    done_seconds as reopened_seconds,
    if(in_process is null, null, active) as active_seconds,
    in_process - active as waiting_seconds,
    if(in_process is null, null, blocked) as blocked_seconds,
    cast(active / nullif(in_process, 0) as decimal(6, 4)) as flow_efficiency_ratio,
    created_at as valid_from,
    done_at as valid_to,
    recorded_at,
    known_from
from summed
