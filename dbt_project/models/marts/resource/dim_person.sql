select
    person_id,
    arg_min(site_id, account_rank) as site_id,
    arg_min(native_id, account_rank) as native_id,
    coalesce(max(told_name), arg_min(display_name, account_rank)) as display_name,
    arg_min(email_address, account_rank) as email_address,
    bool_or(is_active) as is_active,
    arg_min(account_type, account_rank) as account_type,
    arg_min(time_zone, account_rank) as time_zone,
    count(*) as account_count,
    min(recorded_at) as recorded_at,
    min(known_from) as known_from
from {{ ref("int_resource__account") }}
group by person_id
