select
    account_id,
    person_id,
    site_id,
    native_id,
    display_name,
    email_address,
    is_active,
    resolved_by,
    recorded_at,
    known_from
from {{ ref("int_resource__account") }}
