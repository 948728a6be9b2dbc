-- The site's directory, and whoever issues name beside it (people who left, or whom
-- we may not list).
with
    named as (
        select
            site_id,
            unnest([assignee, reporter, creator]) as person,
            updated_at as recorded_at,
            known_from
        from {{ ref("int_delivery__issue_current") }}
    ),
    seen as (
        select
            site_id || ':' || person.account_id as person_id,
            site_id,
            person.account_id as native_id,
            arg_max(
                person, row(recorded_at, person.display_name, person.email_address)
            ) as person,
            min(recorded_at) as recorded_at,
            min(known_from) as known_from
        from named
        where person.account_id is not null
        group by all
    )
select
    person_id,
    site_id,
    native_id,
    display_name,
    email_address,
    is_active,
    account_type,
    time_zone,
    recorded_at,
    known_from
from {{ ref("stg_jira__user") }}
union all
select
    person_id,
    site_id,
    native_id,
    person.display_name,
    person.email_address,
    null,
    null,
    null,
    recorded_at,
    known_from
from seen
anti join {{ ref("stg_jira__user") }} using (person_id)
