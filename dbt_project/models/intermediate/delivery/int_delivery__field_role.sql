-- Which custom fields of a site are its points, sprint, epic link, flag and team; one
-- row
-- per site, best field first.
-- _commit_seq also counts fields that no longer match, so that losing a role is
-- noticed as well.
with
    candidate as (
        select
            field.site_id,
            field.field_id,
            role.field_role,
            role.rank,
            field._commit_seq,
            not field.is_deleted
            and (
                role.field_name is null or role.field_name = lower(field.field_name)
            ) as fits
        from {{ ref("stg_jira__field") }} as field
        inner join
            {{ ref("field_role_default") }} as role
            on role.schema_custom = field.schema_custom
    )
select
    site_id,
    {% for role in ["story_points", "sprint", "epic_link", "epic_name", "flagged", "team"] -%}
        list(field_id order by rank, field_id) filter (
            where fits and field_role = '{{ role }}'
        ) as {{ role }}_field_ids,
    {% endfor -%}
    max(_commit_seq) as _commit_seq
from candidate
group by site_id
