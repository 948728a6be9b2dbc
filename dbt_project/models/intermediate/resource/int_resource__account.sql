-- Every account and address by which a tool knows a person, and who that is.
with
    named as (
        -- whoever issues name beside the directory: people who left, say
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
    ),
    written as (
        {% for relation, address, name in [
            ("project", "owner_email", "owner_name"),
            ("project", "sponsor_email", "sponsor_name"),
            ("person", "alias", "person_name"),
            ("team", "lead_email", "null"),
            ("team_member", "person_email", "null"),
            ("capacity", "who", "null"),
            ("assignment", "person_email", "null"),
        ] -%}
            select
                site_id,
                lower({{ address }}) as address,
                {{ name }} as display_name,
                recorded_at,
                known_from
            from {{ ref("stg_registers__" ~ relation) }}
            where not is_deleted {{ "union all" if not loop.last }}
        {% endfor %}
    ),
    account as (
        select
            person_id as account_id,
            0 as tool_rank,
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
        union all by name
        select
            person_id as account_id,
            0 as tool_rank,
            site_id,
            native_id,
            person.display_name,
            person.email_address,
            recorded_at,
            known_from
        from seen
        anti join {{ ref("stg_jira__user") }} using (person_id)
        union all by name
        select
            site_id || ':' || address as account_id,
            1 as tool_rank,
            site_id,
            address as native_id,
            max(display_name) as display_name,
            address as email_address,
            min(recorded_at) as recorded_at,
            min(known_from) as known_from
        from written
        where contains(address, '@') and not contains(address, ':')
        group by site_id, address
    ),
    addressed as (
        select
            *,
            -- Atlassian's account ids are one for all Cloud sites; keys of servers
            -- are not
            if(account_type = 'atlassian', native_id, account_id) as holder,
            coalesce(
                lower(trim(email_address)),
                max(lower(trim(email_address))) over (partition by holder)
            ) as address
        from account
    ),
    told as (
        select
            alias,
            min(site_id || ':' || person_key) as told_key,
            max(person_name) as told_name
        from {{ ref("stg_registers__person") }}
        where not is_deleted
        group by alias
    ),
    explained as (
        select
            account.*,
            coalesce(by_account.told_key, by_address.told_key) as told_key,
            coalesce(by_account.told_name, by_address.told_name) as told_name
        from addressed as account
        left join told as by_account on by_account.alias = lower(account.account_id)
        left join told as by_address on by_address.alias = account.address
    ),
    resolved as (
        select
            *,
            coalesce(
                told_key,
                min(told_key) over (partition by holder),
                min(told_key) over (partition by coalesce(address, account_id))
            ) as register_key,
            coalesce('person ' || register_key, address, holder) as identity
        from explained
    )
select
    account_id,
    first_value(account_id) over same as person_id,
    row_number() over same as account_rank,
    site_id,
    native_id,
    display_name,
    told_name,
    address as email_address,
    is_active,
    account_type,
    time_zone,
    if(
        register_key is not null, 'register', if(address is null, 'account', 'email')
    ) as resolved_by,
    recorded_at,
    known_from
from resolved
window same as (partition by identity order by tool_rank, account_id)
