with results as (
    select
        person_id,
        {{ year_month('coalesce(result_datetime, collection_datetime)') }} as year_month,
        coalesce(source_component_type, 'unknown') as component_type,
        coalesce(source_component_code, 'unknown') as component_code
    from {{ ref('stg_lab_result') }}
    where {{ this_client_night() }}
)

select
    cast({{ client_id_var() }} as varchar) as client_id,
    {{ business_date_var() }} as business_date,
    cast(year_month as varchar) as year_month,
    cast(component_type as varchar) as component_type,
    cast(component_code as varchar) as component_code,
    cast(count(*) as bigint) as results,
    cast(count(distinct person_id) as bigint) as members
from results
group by year_month, component_type, component_code
