select
    team.team_id,
    team.site_id,
    team.team_key,
    coalesce(team.team_name, team.team_key) as team_name,
    team.lead_email,
    lead.person_id as lead_id,
    if(
        team.calendar_key <> 'DEFAULT',
        team.site_id || ':' || team.calendar_key,
        'default'
    ) as calendar_id,
    team.recorded_at,
    team.known_from
from {{ ref("stg_registers__team") }} as team
left join
    {{ ref("bridge_person_account") }} as lead
    on lead.account_id = team.site_id || ':' || team.lead_email
where not team.is_deleted
