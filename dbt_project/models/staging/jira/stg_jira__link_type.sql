select
    record_id as link_type_id,
    site_id,
    native_id,
    record.name as link_type,
    record.inward as inward_text,
    record.outward as outward_text,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("jira", "link_type") }}
