-- Which team stands behind an account, day by day without gaps, and behind the names by
-- which a Team field may call it, always. Of several memberships the one that began
-- last counts.
with
    member as (
        select
            *,
            {{ local_day("valid_from") }} as starts_on,
            -- what is to end one day has not
            if(
                valid_to <= {{ as_of() }},
                {{ local_day("valid_to") }},
                date '9999-12-31'
            ) as ends_on
        from {{ ref("bridge_team_member") }}
        where valid_from <= {{ as_of() }}
    ),
    turn as (
        select person_id, starts_on as day_on
        from member
        union
        select person_id, ends_on
        from member
        union
        select person_id, date '0001-01-01'
        from member
    ),
    stretch as (
        select
            person_id,
            day_on as starts_on,
            lead(day_on) over (partition by person_id order by day_on) as ends_on
        from turn
    ),
    held as (
        select
            stretch.person_id,
            stretch.starts_on,
            stretch.ends_on,
            coalesce(
                arg_max(member.team_id, row(member.starts_on, member.team_member_id)),
                'none'
            ) as team_id,
            max(member.recorded_at) as recorded_at,
            max(member.known_from) as known_from
        from stretch
        left join
            member
            on member.person_id = stretch.person_id
            and member.starts_on < stretch.ends_on
            and member.ends_on > stretch.starts_on
        where stretch.starts_on < stretch.ends_on
        group by all
    )
select account.account_id as holder_id, held.* exclude (person_id)
from held
inner join {{ ref("bridge_person_account") }} as account using (person_id)
union all
select
    'team ' || word,
    date '0001-01-01',
    date '9999-12-31',
    min(team_id),
    max(recorded_at),
    max(known_from)
from
    (
        select unnest([lower(team_key), lower(team_name)]) as word, *
        from {{ ref("dim_team") }}
    )
group by word
