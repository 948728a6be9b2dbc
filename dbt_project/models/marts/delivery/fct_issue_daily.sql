{{ config(materialized="view") }}
-- A view, published as one: stored it would hold a row for every issue and day.
-- The day's last status counts, so a stay fills the days on which it was the last.
with
    stay as (
        select
            step.*,
            {{ local_day("step.valid_from") }}::timestamp as first_day,
            least(
                {{ local_day("step.valid_to") }}::timestamp - interval 1 day,
                project.effective_on::timestamp
            ) as last_day
        from {{ ref("fct_issue_status_interval") }} as step
        inner join {{ ref("dim_project") }} as project using (project_id)
    )
select
    issue_id,
    unnest(generate_series(first_day, last_day, interval 1 day))::date as day_on,
    project_id,
    status_id,
    status,
    status_category,
    recorded_at,
    known_from
from stay
