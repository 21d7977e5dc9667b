from django.urls import path

from portal.home.views import forecast, home, sites, start

app_name = "home"

urlpatterns = [
    path("accounts/choose/", start.accounts, name="accounts"),
    path("accounts/new/", start.new_account, name="new_account"),
    path("a/<ref:account_ref>/", home.home, name="home"),
    path("a/<ref:account_ref>/sites/", sites.sites, name="sites"),
    path("a/<ref:account_ref>/sites.csv", sites.sites_csv, name="sites_csv"),
    path("a/<ref:account_ref>/sites/<ref:site_ref>/", sites.site, name="site"),
    path("a/<ref:account_ref>/points/forecast/", forecast.forecast, name="forecast"),
    path("a/<ref:account_ref>/points/forecast.csv", forecast.forecast_csv, name="forecast_csv"),
]
