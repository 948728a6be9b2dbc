select
    record_id as field_key,
    site_id,
    native_id as field_id,
    record.name as field_name,
    coalesce(record.custom, false) as is_custom,
    record.schema.type as value_type,
    record.schema.items as item_type,
    record.schema.custom as schema_custom,
    site_id || ':' || record.scope.project.id as project_id,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("jira", "field") }}
