namespace AiMesh.DataService.Privacy;

internal static class PrivacyRegistration
{
    public static void AddPrivacy(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PersonalDatasets>();
        builder.Services.AddSingleton<PersonRemover>();
        builder.Services.AddSingleton<DocumentErasure>();
        builder.Services.AddSingleton<DatasetErasure>();
        builder.AddPersonalData<DataPersonalData>();
    }
}
