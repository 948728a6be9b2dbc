-- What came, was started and was done week by week, what stood at the week's end, and
-- how long that took which was done.
with
    weekly as (
        select
            project_id,
            issue_type,
            team_id,
            date_trunc('week', flow_on)::date as week_on,
            sum(arrived_count)::bigint as arrived_count,
            sum(started_count)::bigint as started_count,
            sum(completed_count)::bigint as completed_count,
            arg_max(
                {
                    'to_do':to_do_count,
                    'in_progress':in_progress_count,
                    'done':done_count
                },
                flow_on
            ) as standing
        from {{ ref("fct_cumulative_flow") }}
        group by all
    ),
    finished as (
        select
            project_id,
            issue_type,
            team_id,
            date_trunc('week', {{ local_day("done_at") }})::date as week_on,
            {% for share in [50, 80, 95] -%}
                quantile_disc(cycle_days, {{ share / 100 }})::integer
                as cycle_days_p{{ share }},
            {% endfor -%}
            quantile_disc(lead_days, 0.5)::integer as lead_days_p50,
            cast(
                sum(active_seconds) / nullif(sum(cycle_seconds), 0) as decimal(6, 4)
            ) as flow_efficiency_ratio
        from {{ ref("fct_flow_metric") }}
        where not is_cancelled and done_at is not null
        group by all
    ),
    calendar as (
        select
            first.project_id,
            first.issue_type,
            first.team_id,
            project.project_key,
            project.effective_on,
            unnest(
                generate_series(
                    first.week_on::timestamp,
                    project.effective_on::timestamp,
                    interval 7 day
                )
            )::date as week_on
        from
            (
                select project_id, issue_type, team_id, min(week_on) as week_on
                from weekly
                group by all
            ) as first
        inner join {{ ref("dim_project") }} as project using (project_id)
    )
select
    project_id,
    project_key,
    issue_type,
    team_id,
    week_on,
    effective_on >= week_on + 6 as is_whole,
    coalesce(arrived_count, 0) as arrived_count,
    coalesce(started_count, 0) as started_count,
    coalesce(completed_count, 0) as completed_count,
    last_value(standing.to_do ignore nulls) over weeks as to_do_count,
    last_value(standing.in_progress ignore nulls) over weeks as in_progress_count,
    last_value(standing.done ignore nulls) over weeks as done_count,
    lead_days_p50,
    cycle_days_p50,
    cycle_days_p80,
    cycle_days_p95,
    flow_efficiency_ratio
from calendar
left join weekly using (project_id, issue_type, team_id, week_on)
left join finished using (project_id, issue_type, team_id, week_on)
window
    weeks as (
        partition by project_id, issue_type, team_id
        order by week_on
        rows between unbounded preceding and current row
    )
