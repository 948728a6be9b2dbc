-- Hours of every person, and of teams whose people have no names, day by day, half a
-- year ahead.
{% set horizon = as_of_day() ~ " + 182" %}
with
    term as (
        select
            coalesce(account.person_id, team.team_id) as subject_id,
            account.person_id is not null as is_person,
            team.calendar_id,
            term.capacity_term_id as source_id,
            term.capacity_kind,
            term.starts_on,
            least(coalesce(term.ends_on, {{ horizon }}), {{ horizon }}) as ends_on,
            term.hours_per_day,
            term.allocation,
            term.recorded_at,
            term.known_from
        from {{ ref("stg_registers__capacity") }} as term
        left join
            {{ ref("bridge_person_account") }} as account
            on account.account_id = term.site_id || ':' || term.who
        left join
            {{ ref("dim_team") }} as team
            on team.site_id = term.site_id
            and lower(team.team_key) = term.who
        where not term.is_deleted and subject_id is not null
    ),
    known as (
        select * exclude (capacity_kind)
        from term
        where capacity_kind = 'available'
        union all by name
        -- members work full time by their team's calendar unless the register says more
        select
            member.person_id as subject_id,
            true as is_person,
            team.calendar_id,
            member.team_member_id as source_id,
            {{ local_day("member.valid_from") }} as starts_on,
            least(
                coalesce({{ local_day("member.valid_to") }} - 1, {{ horizon }}),
                {{ horizon }}
            ) as ends_on,
            member.recorded_at,
            member.known_from
        from {{ ref("bridge_team_member") }} as member
        inner join {{ ref("dim_team") }} as team using (team_id)
    ),
    calendar as (select * from {{ ref("dim_calendar") }}),
    chosen as (
        -- of several terms the one that began last
        select
            known.subject_id,
            known.is_person,
            day.day_on,
            coalesce(
                arg_max(known.calendar_id, row(known.starts_on, known.source_id)),
                'default'
            ) as calendar_id,
            coalesce(
                arg_max(known.hours_per_day, row(known.starts_on, known.source_id)),
                {{ hours_per_day() }}
            ) as hours_per_day,
            coalesce(
                arg_max(known.allocation, row(known.starts_on, known.source_id)), 1
            ) as allocation,
            max(known.recorded_at) as recorded_at,
            max(known.known_from) as known_from
        from known
        inner join
            calendar as day
            on day.calendar_id = 'default'
            and day.day_on between known.starts_on and known.ends_on
        group by all
    ),
    absent as (
        select
            term.subject_id,
            day.day_on,
            bool_or(term.hours_per_day is null) as is_whole,
            sum(term.hours_per_day) as hours,
            max(term.recorded_at) as recorded_at,
            max(term.known_from) as known_from
        from term
        inner join
            calendar as day
            on day.calendar_id = 'default'
            and day.day_on between term.starts_on and term.ends_on
        where term.capacity_kind = 'absent'
        group by all
    )
select
    chosen.subject_id,
    chosen.is_person,
    chosen.day_on,
    calendar.week_on,
    calendar.working_share,
    (calendar.working_share * chosen.hours_per_day)::decimal(9, 2) as working_hours,
    (working_hours * chosen.allocation)::decimal(9, 2) as allocated_hours,
    if(
        absent.is_whole, 0, greatest(0, allocated_hours - coalesce(absent.hours, 0))
    )::decimal(9, 2) as available_hours,
    greatest(chosen.recorded_at, absent.recorded_at) as recorded_at,
    greatest(chosen.known_from, absent.known_from) as known_from
from chosen
inner join calendar using (calendar_id, day_on)
left join absent using (subject_id, day_on)
