namespace AiMesh.DataService.Answers;

internal static class AnswersRegistration
{
    public static void AddAnswers(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<AnswerLabels>();

    public static void UseAnswers(this WebApplication app) => app.UseMiddleware<ConditionalReads>();
}
