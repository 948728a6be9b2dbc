-- After dbt_jira's int_jira__issue_calendar_spine: a row for every issue and day, from
-- its creation to a month after its last change, or to the present while it is open.
with
    day as (
        select
            unnest(
                generate_series(
                    (select min(created_at)::date from issue)::timestamp,
                    date '{{ var("as_of") }}'::timestamp,
                    interval 1 day
                )
            )::date as date_day
    ),
    span as (
        select
            filled.issue_id,
            issue.created_at::date as created_on,
            if(
                issue.resolved_at is null,
                date '{{ var("as_of") }}',
                filled.valid_starting_on
            ) as open_until
        from {{ ref("filled") }} as filled
        left join issue on issue.issue_id = filled.issue_id
    )
select
    date_day,
    issue_id,
    md5(date_day::varchar || '-' || issue_id) as issue_day_id,
    min(open_until) as earliest_open_until_on
from day
inner join
    span
    on span.created_on <= day.date_day
    and span.open_until + interval 1 month >= day.date_day
group by date_day, issue_id
