CREATE TABLE `parser` (
  `a` text,
  FULLTEXT KEY `k` (`a`) /*!50100 WITH PARSER `ngram` */ 
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci