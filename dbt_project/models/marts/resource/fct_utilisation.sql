with
    capacity as (
        select person_id, week_on, available_hours, recorded_at, known_from
        from {{ ref("fct_capacity") }}
        where subject_kind = 'person'
    ),
    worked as (select * from {{ ref("int_resource__worked_week") }}),
    share as (
        -- what assignments ask for on each day; a weekday counts a fifth of a week
        select
            assigned.person_id,
            day.week_on,
            sum(assigned.assigned_share) / 5 as assigned_share,
            sum(
                assigned.assigned_share
                * hours.working_hours
                * if(
                    hours.allocated_hours > 0,
                    hours.available_hours / hours.allocated_hours,
                    1
                )
            ) as assigned_hours,
            max(assigned.recorded_at) as recorded_at,
            max(assigned.known_from) as known_from
        from {{ ref("fct_assignment") }} as assigned
        inner join
            {{ ref("dim_calendar") }} as day
            on day.calendar_id = 'default'
            and isodow(day.day_on) < 6
            and day.day_on >= assigned.starts_on
            and day.day_on <= coalesce(assigned.ends_on, {{ as_of_day() }} + 182)
        left join
            {{ ref("int_resource__capacity_day") }} as hours
            on hours.subject_id = assigned.person_id
            and hours.day_on = day.day_on
        group by all
    ),
    week as (
        select person_id, week_on
        from capacity
        union
        select person_id, week_on
        from worked
        union
        select person_id, week_on
        from share
    ),
    measured as (
        select
            week.person_id,
            week.week_on,
            capacity.available_hours,
            -- who never logs work, and weeks to come, say nothing
            if(
                week.week_on <= {{ as_of_day() }}
                and week.person_id in (select logger.person_id from worked as logger),
                coalesce(worked.spent_seconds, 0) / 3600,
                null
            )::decimal(18, 2) as worked_hours,
            coalesce(share.assigned_share, 0)::decimal(9, 4) as assigned_share,
            if(
                capacity.available_hours is null,
                null,
                coalesce(share.assigned_hours, 0)
            )::decimal(18, 2) as assigned_hours,
            greatest(
                capacity.recorded_at, worked.recorded_at, share.recorded_at
            ) as recorded_at,
            greatest(
                capacity.known_from, worked.known_from, share.known_from
            ) as known_from
        from week
        left join capacity using (person_id, week_on)
        left join worked using (person_id, week_on)
        left join share using (person_id, week_on)
    )
select
    measured.person_id || '/' || measured.week_on as utilisation_id,
    measured.person_id,
    person.display_name as person_name,
    measured.week_on,
    measured.available_hours,
    measured.worked_hours,
    measured.assigned_share,
    measured.assigned_hours,
    try_cast(
        measured.worked_hours / nullif(measured.available_hours, 0) as decimal(9, 4)
    ) as utilisation,
    try_cast(
        measured.assigned_hours / nullif(measured.available_hours, 0) as decimal(9, 4)
    ) as assigned_utilisation,
    {{ overloaded_above() }} as overloaded_above,
    (measured.available_hours * {{ overloaded_above() }})::decimal(
        18, 2
    ) as bearable_hours,
    greatest(measured.worked_hours, measured.assigned_hours)
    > bearable_hours as is_overloaded,
    measured.recorded_at,
    measured.known_from
from measured
inner join {{ ref("dim_person") }} as person using (person_id)
