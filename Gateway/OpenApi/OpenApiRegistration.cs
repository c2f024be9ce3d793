using System.Text.Json;

namespace AiMesh.Gateway.OpenApi;

internal static class OpenApiRegistration
{
    private const string DocumentPath = "/openapi/v1.json";

    /// <summary>The document depends on the contract alone, so it is made once, when somebody first asks.</summary>
    public static void AddOpenApiDocument(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton(_ => new Lazy<byte[]>(() => JsonSerializer.SerializeToUtf8Bytes(OpenApiDocument.Build(Contract.Load()))));

    public static void MapOpenApiDocument(this WebApplication app)
    {
        app.MapGet(DocumentPath, (Lazy<byte[]> document) => Results.Bytes(document.Value, "application/json")).AllowAnonymous();
        app.MapGet("/", () => Results.Redirect("/docs")).AllowAnonymous();
        app.MapSwaggerUI("docs", options =>
        {
            options.DocumentTitle = "AiMesh";
            options.SwaggerEndpoint(DocumentPath, "AiMesh");
            options.DefaultModelsExpandDepth(0);
            options.EnablePersistAuthorization();
        }).AllowAnonymous();
    }
}
