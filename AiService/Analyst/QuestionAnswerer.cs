using AiMesh.AiService.Analyst.Answers;
using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst;

/// <summary>
/// Answers questions over tables by computing, without a language model: the same question over the same rows has the same answer.
/// What it does not understand, or has no data for, it says.
/// </summary>
internal sealed class QuestionAnswerer(TimeProvider time)
{
    private const int LongestQuestion = 8000;
    private const int MostWords = 120;

    public Answer Answer(IReadOnlyList<Table> tables, string question)
    {
        if (tables.Count == 0)
            return new Answer("I answer questions about rows of data, and was given none.", Answered: false);

        var words = Lexer.Question(question.Length > LongestQuestion ? question[..LongestQuestion] : question);
        if (words.Count == 0 || words.Count > MostWords)
            return new Answer(words.Count == 0 ? "I see no question." : "The question is too long for me; please ask for one thing at a time.", Answered: false);

        var reader = new QuestionReader(time.GetUtcNow().UtcDateTime);
        var readings = tables.Select(t => reader.Read(t, words)).ToList();
        var understood = readings.FindAll(r => r.Queries.Length > 0);
        if (understood.Count == 0)
            return Refuse(readings);

        var best = understood.Max(r => r.Fit);
        var answers = understood.FindAll(r => r.Fit == best).SelectMany(r => r.Queries).Take(3).Select(Executor.Run).DistinctBy(a => a.Text).ToList();

        // Of several meanings the ones that found something answer the question.
        var found = answers.FindAll(a => a.Answered);
        return found.Count > 0
            ? new Answer(string.Join("\n\n", found.Select(a => a.Text)))
            : new Answer(string.Join("\n\n", answers.Select(a => a.Text)), Answered: false);
    }

    private static Answer Refuse(List<TableReading> readings)
    {
        var closest = readings.MaxBy(r => r.Fit)!;
        var fields = string.Join(", ", closest.Table.Columns.Take(25).Select(c => c.Label));
        var empty = closest.Table.Rows.IsEmpty ? " It has no rows." : "";
        var suggestion = Suggestions.For(closest) is { } similar ? $" Did you mean \"{similar}\"?" : "";
        return new Answer(
            $"I cannot answer that from the data I was given. {closest.Refusal}{suggestion}{empty} The fields of {closest.Table.Id} are: {(fields.Length == 0 ? "none" : fields)}.",
            Answered: false);
    }
}
