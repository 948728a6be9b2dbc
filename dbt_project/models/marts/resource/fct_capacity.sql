with
    team_own as (
        select distinct subject_id
        from {{ ref("int_resource__capacity_day") }}
        where not is_person
    ),
    hours as (
        select
            if(is_person, 'person', 'team') as subject_kind,
            if(is_person, subject_id, null) as person_id,
            if(is_person, null, subject_id) as team_id,
            *
        from {{ ref("int_resource__capacity_day") }}
        union all by name
        -- a team without hours of its own has those of its people
        select 'team' as subject_kind, member.team_id, day.*
        from
            (
                select distinct team_id, person_id, valid_from, valid_to
                from {{ ref("bridge_team_member") }}
                where team_id not in (select subject_id from team_own)
            ) as member
        inner join
            {{ ref("int_resource__capacity_day") }} as day
            on day.subject_id = member.person_id
            and day.day_on >= {{ local_day("member.valid_from") }}
            and (
                member.valid_to is null
                or day.day_on < {{ local_day("member.valid_to") }}
            )
    )
select
    subject_kind
    || ':'
    || coalesce(person_id, team_id)
    || '/'
    || week_on as capacity_id,
    subject_kind,
    person_id,
    team_id,
    week_on,
    count(distinct day_on) filter (where working_share > 0) as working_days,
    sum(working_hours)::decimal(18, 2) as working_hours,
    sum(allocated_hours)::decimal(18, 2) as allocated_hours,
    sum(allocated_hours - available_hours)::decimal(18, 2) as absence_hours,
    sum(available_hours)::decimal(18, 2) as available_hours,
    max(recorded_at) as recorded_at,
    max(known_from) as known_from
from hours
group by all
