CREATE TABLE `from_sequence` (
  `a` int(11) DEFAULT nextval(`printed`.`sq`),
  `b` int(11) DEFAULT nextval(`printed`.`sq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci