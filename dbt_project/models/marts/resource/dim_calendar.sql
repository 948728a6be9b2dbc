-- One row a calendar and day over all that is recorded and planned. A weekday is a
-- working day unless a register says otherwise.
with
    held as (select * from {{ ref("stg_registers__calendar") }} where not is_deleted),
    span as (
        select
            greatest(min(from_on), date '1970-01-01') as first_on,
            max(until_on) as last_on
        from
            (
                select
                    min({{ local_day("created_at") }}) as from_on,
                    max({{ local_day("known_from") }}) as until_on
                from {{ ref("int_delivery__issue_current") }}
                union all
                select min(start_on), max(finish_on)
                from {{ ref("stg_registers__baseline") }}
                where not is_deleted
                union all
                select min(period_on), max(period_on)
                from {{ ref("stg_registers__budget_line") }}
                where not is_deleted
                union all
                select
                    min(least(planned_start_on, actual_start_on)),
                    max(greatest(planned_finish_on, actual_finish_on))
                from {{ ref("stg_registers__task") }}
                where not is_deleted
            )
    ),
    calendar as (
        select 'default' as calendar_id, 'DEFAULT' as calendar_key
        union
        select site_id || ':' || calendar_key, calendar_key
        from held
        where calendar_key <> 'DEFAULT'
        union
        select site_id || ':' || calendar_key, calendar_key
        from {{ ref("stg_registers__team") }}
        where not is_deleted and calendar_key <> 'DEFAULT'
    ),
    exception as (
        select
            if(
                calendar_key = 'DEFAULT', 'default', site_id || ':' || calendar_key
            ) as calendar_id,
            * exclude (calendar_key)
        from held
        -- several registers may word the portfolio's own calendar
        qualify
            row_number() over (
                partition by calendar_id, day_on
                order by recorded_at desc, calendar_day_id
            )
            = 1
    ),
    day as (
        select
            calendar.*,
            unnest(
                generate_series(
                    date_trunc('year', first_on)::timestamp,
                    date_trunc('year', last_on + interval 3 year)::timestamp
                    - interval 1 day,
                    interval 1 day
                )
            )::date as day_on
        from calendar
        cross join span
    ),
    shared as (
        select
            day.*,
            coalesce(exception.working_share, (isodow(day.day_on) < 6)::int)::decimal(
                5, 4
            ) as working_share,
            exception.day_name,
            exception.recorded_at,
            exception.known_from
        from day
        left join exception using (calendar_id, day_on)
    )
select
    calendar_id,
    calendar_key,
    day_on,
    date_trunc('week', day_on)::date as week_on,
    working_share > 0 as is_working_day,
    working_share,
    count(*) filter (where working_share > 0) over (
        partition by calendar_id order by day_on
    ) as working_day_number,
    day_name,
    recorded_at,
    known_from
from shared
