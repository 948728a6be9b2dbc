-- Sums per currency, never across: what has no currency has no amount. Amounts in the
-- reporting currency may be summed over rows.
with
    open_risk as (
        select
            project_id,
            coalesce(risk_category, 'none') as risk_category,
            coalesce(currency_code, 'none') as currency_code,
            if(currency_code is null, null, exposure_cost_amount) as exposure,
            if(currency_code is null, null, impact_cost_amount) as impact,
            exposure_cost_reporting_amount as reporting_exposure,
            exposure_cost_amount is not null
            and exposure_cost_reporting_amount is null as is_unrated,
            cast(probability * impact_days as decimal(18, 4)) as delay,
            probability is null or impact_cost_amount is null as is_unquantified,
            recorded_at,
            known_from
        from {{ ref("fct_risk") }}
        where coalesce(risk_status, 'open') = 'open' and project_id is not null
    )
select
    place.ancestor_node_id
    || '/'
    || risk_category
    || '/'
    || currency_code as exposure_id,
    place.ancestor_node_id as node_id,
    min(node.node_type) as node_type,
    min(node.project_id) as project_id,
    risk_category,
    currency_code,
    count(*) as open_risk_count,
    count(*) filter (where is_unquantified) as unquantified_risk_count,
    cast(sum(exposure) as decimal(18, 2)) as exposure_cost_amount,
    cast(sum(impact) as decimal(18, 2)) as impact_cost_amount,
    count(*) filter (where is_unrated) as unrated_risk_count,
    if(
        bool_or(is_unrated), null, cast(sum(reporting_exposure) as decimal(18, 2))
    ) as exposure_cost_reporting_amount,
    {{ reporting_currency() }} as reporting_currency_code,
    cast(max(exposure) as decimal(18, 2)) as largest_exposure_cost_amount,
    cast(sum(delay) as decimal(18, 1)) as exposure_days,
    max(open_risk.recorded_at) as recorded_at,
    max(open_risk.known_from) as known_from
from open_risk
inner join {{ ref("bridge_portfolio") }} as place using (project_id)
inner join {{ ref("dim_portfolio") }} as node on node.node_id = place.ancestor_node_id
group by place.ancestor_node_id, risk_category, currency_code
