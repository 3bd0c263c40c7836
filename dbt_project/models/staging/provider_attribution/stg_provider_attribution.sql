select
    client_id,
    {{ business_date_var() }} as business_date,
    delivery_id,
    source_file,
    source_row,
    person_id,
    member_id,
    year_month,
    payer,
    plan,
    payer_attributed_provider,
    payer_attributed_provider_practice,
    data_source
from {{ source('raw', 'provider_attribution') }}
where {{ this_delivery('provider_attribution') }}
