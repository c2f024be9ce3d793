using AiMesh.Ai.V1;
using AiMesh.Gateway.Limits;
using Grpc.Core;

namespace AiMesh.Gateway.OpenAi;

/// <summary>An entry for OpenAI SDKs: set their base URL to the gateway's /v1; their API key is one of ours, or an access token (G12).</summary>
internal static class OpenAiRegistration
{
    public static void AddOpenAi(this WebApplicationBuilder builder)
    {
        builder.AddMeshClient<Chat.ChatClient>("ai");
        builder.AddMeshClient<Models.ModelsClient>("ai");
        builder.Services.AddTransient<ChatCompletionsEndpoint>();
    }

    public static void MapOpenAi(this WebApplication app)
    {
        var v1 = app.MapGroup("/v1");
        v1.MapPost("/chat/completions", (HttpContext context, ChatCompletionsEndpoint endpoint) => endpoint.CompleteAsync(context)).WithLimit(LimitGroup.Ai);
        v1.MapGet("/models", ListModelsAsync);
    }

    private static async Task<IResult> ListModelsAsync(Models.ModelsClient models, CancellationToken cancellationToken)
    {
        try
        {
            var response = await models.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancellationToken);
            var cards = response.Models.Select(model => new ModelCard(model.Id, "model", 0, model.Provider)).ToList();
            return Results.Json(new ModelList("list", cards), OpenAiJson.Default.ModelList);
        }
        catch (RpcException exception)
        {
            return OpenAiErrors.ToResult(exception);
        }
    }
}
