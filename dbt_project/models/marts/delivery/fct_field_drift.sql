-- What changed about fields between two syncs: everything by id, as names prove
-- nothing.
-- The first look at a site is no change, but twins are told even then.
with
    version as (
        select
            *,
            lag(field_name) over chain as old_name,
            concat_ws(', ', value_type, schema_custom) as kind,
            lag(concat_ws(', ', value_type, schema_custom)) over chain as old_kind,
            lag(project_id) over chain as old_project_id,
            lag(is_gone) over chain as was_gone
        from {{ ref("int_delivery__field_version") }}
        where {{ recorded_to_date("valid_from") }}
        window chain as (partition by field_key order by version_number)
    ),
    event as (
        select *, 'new' as drift_type, null as old_value, field_name as new_value
        from version
        where version_number = 1 and not is_first_look and not is_gone
        union all
        select *, 'gone', old_name, null
        from version
        where is_gone and not was_gone
        union all
        select *, 'returned', null, field_name
        from version
        where was_gone and not is_gone
        union all
        -- nobody can rename a system field: the account's language did
        select *, if(is_custom, 'renamed', 'translated'), old_name, field_name
        from version
        where old_name <> field_name and not is_gone and not was_gone
        union all
        select *, 'type_changed', old_kind, kind
        from version
        where old_kind <> kind and not is_gone and not was_gone
        union all
        select *, 'scope_changed', old_project_id, project_id
        from version
        where
            project_id is distinct from old_project_id and not is_gone and not was_gone
        union all
        select
            version.*,
            'twin_name',
            null,
            string_agg(twin.field_id, ', ' order by twin.field_id)
        from version
        inner join
            version as twin
            on twin.site_id = version.site_id
            and twin.field_id <> version.field_id
            and lower(twin.field_name) = lower(version.field_name)
            and not twin.is_gone
            and twin.valid_from <= version.valid_from
            and coalesce(twin.valid_to > version.valid_from, true)
        where
            not version.is_gone
            and (
                coalesce(version.was_gone, true)
                or version.old_name <> version.field_name
            )
        group by all
    )
select
    field_key || ':' || version_number || ':' || drift_type as drift_id,
    field_key,
    site_id,
    field_id,
    coalesce(field_name, old_name) as field_name,
    drift_type,
    old_value,
    new_value,
    project_id,
    valid_from,
    valid_to,
    known_from as recorded_at,
    known_from
from event
