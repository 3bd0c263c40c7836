select
    cast({{ client_id_var() }} as varchar) as client_id,
    {{ business_date_var() }} as business_date,
    cast(year_month as varchar) as year_month,
    cast(payer as varchar) as payer,
    cast(count(*) as bigint) as member_months
from {{ ref('int_member_months') }}
where {{ this_client_night() }}
group by year_month, payer
