-- Who belongs to which team, from when to when.
select
    member.team_member_id,
    member.team_id,
    account.person_id,
    member.person_email,
    {{ start_of_day("member.starts_on") }} as valid_from,
    {{ start_of_day("member.ends_on + 1") }} as valid_to,
    member.recorded_at,
    member.known_from
from {{ ref("stg_registers__team_member") }} as member
inner join {{ ref("dim_team") }} as team using (team_id)
inner join
    {{ ref("bridge_person_account") }} as account
    on account.account_id = member.site_id || ':' || member.person_email
where not member.is_deleted
