{{ config(materialized="view") }}

-- Seeds are loaded in full builds only, and only the core may wait for them: what later
-- layers need of one, they read from here.
select severity, severity_weight
from {{ ref("severity_weight_default") }}
