{{ config(materialized="view") }}

-- What an issue belongs to now, as its newest version lists it: components and
-- versions.
{% set sets = {"component": "components", "fix_version": "fix_versions", "affects_version": "affects_versions"} %}
with
    listed as (
        {% for kind, column in sets.items() %}
            select
                issue_id,
                site_id,
                project_id,
                '{{ kind }}' as set_name,
                unnest({{ column }}) as member
            from
                {{ ref("int_delivery__issue_current") }}
                {{ "union all" if not loop.last }}
        {% endfor %}
    )
select distinct
    issue_id,
    project_id,
    set_name,
    site_id || ':' || member.id as member_id,
    member.name as member_name
from listed
where member.id is not null
