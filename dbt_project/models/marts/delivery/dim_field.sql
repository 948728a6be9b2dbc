-- Fields as last seen. A name is a label: it may be translated, changed, or used by two
-- fields at once.
select
    field.field_key,
    field.site_id,
    field.field_id,
    field.field_name,
    field.is_custom,
    field.schema_custom,
    field.value_type,
    field.item_type,
    field.project_id,
    count(*) filter (not field.is_deleted) over (
        partition by field.site_id, lower(field.field_name)
    )
    > 1
    and not field.is_deleted as is_name_shared,
    field.is_deleted,
    field.recorded_at,
    field.known_from
from {{ ref("stg_jira__field") }} as field
