"""By which names senders call the canonical columns: their own words, CMS files, OMOP, Synthea, lab uploads."""

import re
from collections.abc import Mapping
from functools import cache

_GENERAL: Mapping[str, str] = {
    "claim_id": "claim_number claim_num claim_no clm_id clm_num clm_no icn dcn claim_control_number tcn pde_id",
    "claim_line_number": "claim_line line_number line_num line_no clm_line_num clm_ln ln_num line_seq "
    "sequence charge_id",
    "claim_type": "healthcareclaimtypeid1 clm_type claim_type_code bill_class",
    "person_id": "person patient_id patient bene_id beneficiary_id mbr_id member_id member_number member_no "
    "enrollee_id "
    "subscriber_id mrn medical_record_number empi pat_id",
    "patient_id": "patient pat_id mrn medical_record_number person_source_value person_id",
    "member_id": "mbr_id member_number member_no mbi mbi_num mbi_number medicare_beneficiary_id hicn card_id bene_id "
    "enrollee_id",
    "subscriber_id": "subscriber_number sub_id policy_holder_id",
    "payer": "payer_name payor payor_name insurer insurance_name carrier_name payer_id primary_patient_insurance_id",
    "plan": "plan_name plan_id plan_code benefit_plan product contract_id plan_cntrct_rec_id",
    "payer_type": "payor_type line_of_business lob payer_category payer",
    "claim_start_date": "clm_from_dt from_date service_date service_from_date dos date_of_service "
    "statement_from start_date",
    "claim_end_date": "clm_thru_dt thru_date through_date service_to_date statement_thru to_date end_date",
    "claim_line_start_date": "line_1st_expns_dt line_from_date line_service_date from_date rev_cntr_dt line_dos "
    "line_start_date service_from_date",
    "claim_line_end_date": "line_last_expns_dt line_to_date line_thru_date to_date rev_cntr_dt line_end_date",
    "admission_date": "admit_date adm_dt clm_admsn_dt admit_dt clm_hospc_start_dt_id date_of_admission",
    "discharge_date": "nch_bene_dschrg_dt disch_date dschrg_dt discharge_dt date_of_discharge",
    "discharge_disposition_code": "ptnt_dschrg_stus_cd discharge_status discharge_status_code discharge_disposition",
    "place_of_service_code": "pos pos_code place_of_service line_place_of_srvc_cd",
    "bill_type_code": "bill_type type_of_bill tob bill_type_cd",
    "drg_code": "drg ms_drg clm_drg_cd drg_cd msdrg",
    "revenue_center_code": "rev_cntr revenue_code rev_code rev_cd revenue_center",
    "service_unit_quantity": "units service_units line_srvc_cnt rev_cntr_unit_cnt unit_count quantity srvc_units qty",
    "hcpcs_code": "hcpcs hcpcs_cd cpt cpt_code procedure_code proc_code cpt_hcpcs",
    "hcpcs_modifier_1": "modifier_1 mod_1 modifier1 hcpcs_1st_mdfr_cd mod1 cpt_mod_1",
    "hcpcs_modifier_2": "modifier_2 mod_2 modifier2 hcpcs_2nd_mdfr_cd mod2 cpt_mod_2",
    "rendering_npi": "rendering_provider_npi rendering_provider prf_physn_npi rndrng_physn_npi performing_npi "
    "servicing_npi prvdr_npi at_physn_npi provider_npi provider_id",
    "billing_npi": "billing_provider_npi billing_provider carr_clm_blg_npi_num org_npi_num bill_npi prvdr_npi",
    "facility_npi": "facility_provider_npi service_facility_npi org_npi_num",
    "paid_date": "payment_date date_paid pd_dt nch_wkly_proc_dt check_date paid_dt adjudication_date",
    "paid_amount": "paid_amt amount_paid amt_paid paid payment_amount line_nch_pmt_amt net_paid plan_paid payments "
    "payer_coverage cvrd_d_plan_pd_amt clm_pmt_amt plan_paid_amount",
    "allowed_amount": "allowed_amt allowed amt_allowed line_alowd_chrg_amt eligible_amount tot_rx_cst_amt",
    "charge_amount": "charges billed_amount billed_amt charge_amt submitted_charge line_sbmtd_chrg_amt total_charge "
    "rev_cntr_tot_chrg_amt total_cost totalcost amount amt_billed billed",
    "coinsurance_amount": "coinsurance coinsurance_amt coins_amt line_coinsrnc_amt coins "
    "rev_cntr_coinsrnc_wge_adjstd_c",
    "copayment_amount": "copay copay_amount copay_amt copayment copayment_amt",
    "deductible_amount": "deductible deductible_amt ded_amt line_bene_ptb_ddctbl_amt rev_cntr_cash_ddctbl_amt",
    "diagnosis_code_type": "dx_version icd_version icd_dgns_vrsn_cd1 diagnosis_type dx_code_type",
    "diagnosis_code_1": "diagnosis1 dx1 dx_1 icd_dgns_cd1 diag1 diag_1 diagnosis_1 primary_diagnosis principal_dx "
    "prncpal_dgns_cd diag_code_1 primary_dx",
    "diagnosis_code_2": "diagnosis2 dx2 dx_2 icd_dgns_cd2 diag2 diag_2 diagnosis_2 diag_code_2",
    "diagnosis_code_3": "diagnosis3 dx3 dx_3 icd_dgns_cd3 diag3 diag_3 diagnosis_3 diag_code_3",
    "diagnosis_code_4": "diagnosis4 dx4 dx_4 icd_dgns_cd4 diag4 diag_4 diagnosis_4 diag_code_4",
    "diagnosis_code_5": "diagnosis5 dx5 dx_5 icd_dgns_cd5 diag5 diag_5 diagnosis_5 diag_code_5",
    "prescribing_provider_npi": "prescriber_npi prescriber_id prscrbr_id prescribing_npi prescriber ordering_npi",
    "dispensing_provider_npi": "pharmacy_npi dispensing_npi pharmacy_id srvc_prvdr_id service_provider_id pharmacy",
    "dispensing_date": "fill_date date_filled dispense_date srvc_dt service_date rx_date filled_date "
    "drug_exposure_start_date dispensed_date",
    "ndc_code": "ndc ndc_number ndc11 product_service_id prod_srvc_id national_drug_code",
    "drug_code": "drug_source_value rxnorm rxcui prod_srvc_id product_code ndc code",
    "drug_description": "drug_name drug medication medication_name product_name label_name description",
    "quantity": "qty qty_dspnsd_num quantity_dispensed qty_dispensed metric_quantity",
    "days_supply": "day_supply days_suply_num days_supplied supply_days",
    "refills": "fill_num refill_number fill_number refill_num refill",
    "gender": "sex bene_sex_ident_cd member_gender patient_gender gender_code sex_code",
    "sex": "gender biological_sex patient_gender gender_source_value sex_code gender_code member_gender birth_sex",
    "race": "bene_race_cd patient_race race_source_value race_code race_desc",
    "ethnicity": "patient_ethnicity ethnicity_source_value ethnic_group ethnicity_code",
    "birth_date": "dob date_of_birth birthdate birth_dt bene_birth_dt patient_dob birth_datetime member_dob "
    "patient_birth_date",
    "death_date": "dod date_of_death deathdate death_dt deceased_date death_datetime",
    "enrollment_start_date": "effective_date eff_date coverage_start start_date start_year effective_from "
    "covg_start_dt "
    "enroll_start eligibility_start coverage_effective_date covstart",
    "enrollment_end_date": "termination_date term_date coverage_end end_date end_year effective_to "
    "covg_end_dt enroll_end "
    "eligibility_end coverage_term_date",
    "dual_status_code": "dual_status meta_dual_elgbl_stus_dec_cd dual_stus_cd dual_eligibility_code",
    "medicare_status_code": "bene_mdcr_status_cd medicare_status mdcr_status_cd",
    "city": "town patient_city member_city city_name",
    "state": "state_code patient_state st state_cd member_state state_abbreviation",
    "zip_code": "zip zipcode postal_code bene_zip_cd patient_zip_code zip_cd zip5 member_zip",
    "county": "county_name patient_county",
    "first_name": "first given_name fname first_nm bene_gvn_name patient_first_name provider_name name",
    "last_name": "last surname family_name lname last_nm bene_srnm_name patient_last_name provider_name name",
    "lab_result_id": "result_id measurement_id observation_id lab_id test_id",
    "encounter_id": "encounter visit_id visit_occurrence_id visit_number",
    "accession_number": "accession accession_no specimen_id accession_id lab_number",
    "source_order_code": "order_code test_ordered_code ordered_test_code panel_code",
    "source_component_code": "test_performed_code loinc loinc_code component_code measurement_source_value test_code "
    "result_code observation_code code",
    "source_component_description": "test_name component_name observation_name test_description description",
    "status": "result_status test_result_status observation_status",
    "result": "result_value value test_result value_source_value observation_value",
    "result_datetime": "result_date test_result_date measurement_datetime resulted_at observation_date "
    "date result_time",
    "collection_datetime": "collection_date specimen_collection_date collected_at draw_date collected_date",
    "source_units": "units unit unit_source_value uom result_units",
    "source_reference_range_low": "range_low ref_low reference_low ref_range_low normal_low",
    "source_reference_range_high": "range_high ref_high reference_high ref_range_high normal_high",
    "specimen": "specimen_type specimen_source sample_type",
    "ordering_practitioner_id": "ordering_provider_id ordering_provider ordering_npi provider_id ordering_physician",
    "practitioner_id": "provider_id practitioner prov_id provider_number npi id",
    "npi": "npi_number provider_npi national_provider_id",
    "practice_id": "organization organization_id group_id care_site_id tin practice facility_id",
    "practice_affiliation": "practice_name group_name organization_name facility_name",
    "specialty": "speciality specialty_source_value specialty_code provider_specialty primary_specialty taxonomy",
    "sub_specialty": "subspecialty secondary_specialty",
    "year_month": "month attribution_month yyyymm period",
    "payer_attributed_provider": "npi pcp_npi attributed_npi provider_id pcp pcp_id attributed_provider",
    "payer_attributed_provider_practice": "pcp_practice attributed_practice practice_id tin",
    "data_source": "source source_system",
}  # fmt: skip

_OF_FEED: Mapping[str, Mapping[str, str]] = {
    "medical_claim": {"claim_id": "id"},
    "patient": {"person_id": "id", "patient_id": "id"},
    "lab_result": {"lab_result_id": "id"},
    "practitioner": {"practitioner_id": "id"},
    "pharmacy_claim": {"claim_id": "drug_exposure_id prescription_number rx_number", "dispensing_date": "start"},
    "eligibility": {"person_id": "bene_id patient"},
}
"""What is said of one feed alone, before what is said of all."""

_NEVER: Mapping[str, str] = {
    "patient": "provider_name provider_id",
    "medical_claim": "payer_id",
}


FILE_WORDS: Mapping[str, tuple[str, ...]] = {
    "medical_claim": ("claim", "carrier", "inpatient", "outpatient", "837", "snf", "hha", "hospice", "dme", "eob"),
    "pharmacy_claim": ("rx", "pharm", "pde", "drug", "medication", "ncpdp"),
    "eligibility": ("elig", "enroll", "beneficiar", "member", "coverage", "payer_trans", "834"),
    "lab_result": ("lab", "observation", "measurement", "test-result", "result"),
    "practitioner": ("provider", "practitioner", "organization", "physician", "nppes"),
    "provider_attribution": ("attribution", "association", "panel", "pcp"),
    "patient": ("patient", "person", "roster", "demographic"),
}
"""What a file of each feed is often called."""


def squeezed(name: str) -> str:
    """A name without case, blanks and signs: `Patient ID` and `PATIENT_ID` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_SHORT: Mapping[str, str] = {
    "acc": "accession", "accn": "accession", "adm": "admission", "amt": "amount", "bene": "beneficiary", "cd": "code",
    "clm": "claim", "coll": "collection", "collected": "collection_date", "desc": "description", "dis": "discharge",
    "disch": "discharge", "dsp": "dispensing", "dt": "date", "dx": "diagnosis", "eff": "effective", "fac": "facility",
    "grp": "group", "hi": "high", "lo": "low", "mbr": "member", "mod": "modifier", "nbr": "number", "nm": "name",
    "no": "number", "num": "number", "ord": "ordering", "pat": "patient", "proc": "procedure", "prov": "provider",
    "prv": "provider", "pt": "patient", "qty": "quantity", "ref": "reference", "rend": "rendering", "res": "result",
    "resulted": "result_date", "rev": "revenue", "rx": "prescription", "spec": "specimen", "sub": "subscriber",
    "svc": "service", "term": "termination", "typ": "type", "unt": "unit",
}  # fmt: skip
"""What senders shorten, and what it stands for."""


@cache
def written_out(name: str) -> str:
    """A squeezed name with its abbreviations written out: `MBR_NO` and `Member Number` are one."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", name)
    return squeezed("_".join(_SHORT.get(word.lower(), word) for word in words))


@cache
def long_names_for(feed: str, column: str) -> tuple[str, ...]:
    """The same names as `names_for`, written out."""
    words = [column, *_OF_FEED.get(feed, {}).get(column, "").split(), *_GENERAL.get(column, "").split()]
    return tuple(dict.fromkeys(map(written_out, words)))


@cache
def names_for(feed: str, column: str) -> tuple[str, ...]:
    """Squeezed names that a column of a feed goes by, its own first, the likelier before the less likely."""
    words = [column, *_OF_FEED.get(feed, {}).get(column, "").split(), *_GENERAL.get(column, "").split()]
    never = {squeezed(word) for word in _NEVER.get(feed, "").split()}
    return tuple(dict.fromkeys(name for name in map(squeezed, words) if name not in never))


@cache
def known_names() -> frozenset[str]:
    """Every squeezed name that is some column's."""
    words = [*_GENERAL, *(word for text in _GENERAL.values() for word in text.split())]
    return frozenset(map(squeezed, words))
